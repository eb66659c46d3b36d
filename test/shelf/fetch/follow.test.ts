import { afterEach, describe, expect, test, vi } from 'vitest';
import { checkRedirect, follow, isLocalHost } from '../../../src/shelf/fetch/follow.js';

const hostOf = (url: string) => new URL(url).hostname;

test.each([
  'http://localhost:80',
  'http://127.0.0.1',
  'http://2130706433',
  'http://0x7f.1',
  'http://[::1]',
  'http://[::ffff:10.0.0.1]',
  'http://[fe80::1]',
  'http://[fd00::1]',
  'http://10.1.2.3',
  'http://172.31.0.1',
  'http://192.168.0.1',
  'http://169.254.169.254',
  'http://100.64.0.1',
  'http://0.0.0.0',
  'http://router.local',
  'http://metadata.google.internal',
  'http://localhost.',
])('%s lies on this machine or in its network', (url) => {
  expect(isLocalHost(hostOf(url))).toBe(true);
});

test.each([
  'https://huggingface.co',
  'https://172.32.0.1',
  'https://11.0.0.1',
  'https://[2606::1]',
])('%s does not', (url) => expect(isLocalHost(hostOf(url))).toBe(false));

describe('a redirect', () => {
  afterEach(() => vi.unstubAllGlobals());

  /** A web of addresses that lead to others; those not named answer. */
  function web(leads: Readonly<Record<string, string>>): string[] {
    const asked: string[] = [];
    vi.stubGlobal('fetch', (url: string) => {
      asked.push(url);
      const location = leads[url];
      return Promise.resolve(
        location === undefined
          ? new Response('the file')
          : new Response(null, { status: 302, headers: { location } }),
      );
    });
    return asked;
  }

  test('is followed from host to host, as model hubs send it', async () => {
    web({ 'https://hub.test/a': '/b', 'https://hub.test/b': 'https://cdn.test/c' });
    expect(await (await follow('https://hub.test/a')).text()).toBe('the file');
  });

  test.each([
    ['https://hub.test/a', 'https://169.254.169.254/latest', /in its network/],
    ['https://hub.test/a', 'https://localhost:8080/', /localhost, on this machine/],
    ['https://hub.test/a', 'http://cdn.test/', /not encrypted/],
    ['https://hub.test/a', 'file:///etc/passwd', /no web address/],
  ])('from %s to %s is not', async (from, to, sentence) => {
    const asked = web({ [from]: to });
    await expect(follow(from)).rejects.toThrow(sentence);
    expect(asked).toEqual([from]);
  });

  test('within this machine is followed: whoever asked for it was here already', () => {
    expect(() => checkRedirect('http://localhost:1/a', 'http://127.0.0.1:2/b')).not.toThrow();
  });

  test('that leads in a circle ends', async () => {
    web({ 'https://a.test/': 'https://b.test/', 'https://b.test/': 'https://a.test/' });
    await expect(follow('https://a.test/')).rejects.toThrow('leads on and on');
  });
});
