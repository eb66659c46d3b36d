/** Repositories over a real local server that answers as the hub's API does. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { chooseFiles } from '../../../src/shelf/fetch/choose-files.js';
import { hubModel, parseRepo } from '../../../src/shelf/fetch/hub.js';
import { addressesOf, urlModel } from '../../../src/shelf/fetch/url-model.js';
import { FileServer } from './file-server.js';

const { signal } = new AbortController();
const sha256 = 'a'.repeat(64);

let server: FileServer;
beforeEach(async () => void (server = await FileServer.start()));
afterEach(() => server.stop());

/** As https://huggingface.co/api/models/google/ddpm-cat-256 answers, cut to what is read. */
function putRepo(repo: string, paths: readonly string[]): void {
  const tree = paths.map((path) => ({
    type: 'file',
    oid: 'b'.repeat(40),
    size: 134,
    path,
    ...(/safetensors|bin$/.test(path) && { size: 455e6, lfs: { oid: sha256, size: 455e6 } }),
  }));
  server.put(`/api/models/${repo}/tree/main`, JSON.stringify(tree));
  const info = {
    _id: '1',
    id: repo,
    private: false,
    gated: false,
    downloads: 1,
    likes: 1,
    lastModified: '2022-07-21T15:00:17.000Z',
    tags: ['diffusers', 'license:apache-2.0'],
  };
  server.put(`/api/models/${repo}/revision/main`, JSON.stringify(info));
}

test('a repository’s weights, configs, hash and licence are found', async () => {
  putRepo('google/ddpm-cat-256', [
    'README.md',
    'config.json',
    'diffusion_pytorch_model.bin',
    'diffusion_pytorch_model.safetensors',
    'scheduler_config.json',
  ]);
  const model = await hubModel('google/ddpm-cat-256', signal, [server.origin, 'https://b.test']);
  expect(model).toMatchObject({ title: 'google/ddpm-cat-256', licence: 'apache-2.0' });
  const path = 'google/ddpm-cat-256/resolve/main/diffusion_pytorch_model.safetensors';
  expect(model.weights).toEqual({
    name: 'diffusion_pytorch_model.safetensors',
    urls: [`${server.origin}/${path}`, `https://b.test/${path}`],
    sizeBytes: 455e6,
    sha256,
  });
  expect(model.companions.map(({ name }) => name)).toEqual([
    'config.json',
    'scheduler_config.json',
  ]);
});

test('a host that does not answer is left for the next one', async () => {
  putRepo('a/b', ['config.json', 'model.safetensors']);
  const gone = 'http://127.0.0.1:9';
  expect((await hubModel('a/b', signal, [gone, server.origin])).weights.name).toBe(
    'model.safetensors',
  );
  await expect(hubModel('a/b', signal, [gone])).rejects.toMatchObject({ code: 'modelFetch' });
});

test('a host that is silent is left for the next one, which is then asked for the files first', async () => {
  const silent = await FileServer.start();
  try {
    silent.put('/api/models/a/b/tree/main', '[]', { stallsAfter: 0 });
    putRepo('a/b', ['model.safetensors']);
    const { weights } = await hubModel('a/b', signal, [silent.origin, server.origin], 200);
    const path = 'a/b/resolve/main/model.safetensors';
    expect(weights.urls).toEqual([`${server.origin}/${path}`, `${silent.origin}/${path}`]);
  } finally {
    await silent.stop();
  }
});

test('a revision and a path with signs of their own are asked for as they are', async () => {
  const repo = 'a/b';
  const revision = 'refs/pr/1';
  const at = encodeURIComponent(revision);
  putRepo(repo, ['net #1/a?b.safetensors']);
  for (const part of ['tree', 'revision']) {
    const answer = server.files.get(`/api/models/${repo}/${part}/main`);
    server.put(`/api/models/${repo}/${part}/${at}`, Buffer.from(answer?.bytes ?? []));
  }
  const { weights } = await hubModel(`${repo}@${revision}`, signal, [server.origin]);
  expect(weights.name).toBe('net #1/a?b.safetensors');
  expect(weights.urls).toEqual([
    `${server.origin}/a/b/resolve/refs%2Fpr%2F1/net%20%231/a%3Fb.safetensors`,
  ]);
});

test('a page of the listing that is not there yet is asked for', async () => {
  putRepo('a/b', ['README.md']);
  putRepo('c/d', ['model.safetensors']);
  const first = server.files.get('/api/models/a/b/tree/main')?.bytes ?? new Uint8Array();
  const next = `${server.origin}/api/models/c/d/tree/main`;
  server.put('/api/models/a/b/tree/main', Buffer.from(first), {
    headers: { link: `<${next}>; rel="next"` },
  });
  const { weights } = await hubModel('a/b', signal, [server.origin]);
  expect(weights.name).toBe('model.safetensors');
});

test('an unknown revision is named', async () => {
  await expect(hubModel('a/b@v9', signal, [server.origin])).rejects.toThrow(/a\/b@v9/);
});

test('a cancelled look-up says so and asks nobody else', async () => {
  const controller = new AbortController();
  controller.abort();
  const looking = hubModel('a/b', controller.signal, [server.origin]);
  await expect(looking).rejects.toMatchObject({ code: 'cancelled' });
  expect(server.requests).toEqual([]);
});

test('a repository that is not there, or not public, is unknown', async () => {
  await expect(hubModel('no/one', signal, [server.origin])).rejects.toMatchObject({
    code: 'modelUnknown',
    message: expect.stringContaining('no/one') as string,
  });
  await expect(hubModel('not a repo', signal)).rejects.toThrow(/expected owner\/name/);
});

test.each([
  ['google/ddpm-cat-256', 'google/ddpm-cat-256', 'main'],
  ['google/ddpm-cat-256@v1', 'google/ddpm-cat-256', 'v1'],
  [' https://huggingface.co/google/ddpm-cat-256/ ', 'google/ddpm-cat-256', 'main'],
  ['https://huggingface.co/google/ddpm-cat-256/tree/fp16', 'google/ddpm-cat-256', 'fp16'],
  ['https://hf.co/google/ddpm-cat-256?library=diffusers#x', 'google/ddpm-cat-256', 'main'],
  ['https://hf-mirror.com/google/ddpm-cat-256', 'google/ddpm-cat-256', 'main'],
])('%s names a repository', (text, repo, revision) => {
  expect(parseRepo(text)).toEqual({ repo, revision });
});

test.each([
  'google',
  'a/b/c',
  'https://example.com/a/b',
  'https://huggingface.co/a/b/blob/main/x.pt',
  'https://huggingface.co/datasets/a/b',
  '',
])('"%s" names none', (text) => {
  expect(parseRepo(text)).toBeNull();
});

describe('the files of a repository', () => {
  test('a pipeline keeps its network under unet/ and its scheduler under scheduler/', () => {
    const paths = [
      'model_index.json',
      'scheduler/scheduler_config.json',
      'unet/config.json',
      'unet/diffusion_pytorch_model.bin',
    ];
    expect(chooseFiles(paths, 'a/b')).toEqual({
      weights: 'unet/diffusion_pytorch_model.bin',
      companions: ['unet/config.json', 'scheduler/scheduler_config.json'],
    });
  });

  test('an .onnx brings the files its weights lie in', () => {
    expect(chooseFiles(['a.onnx', 'a.onnx_data', 'a.onnx_data_1'], 'a/b').companions).toEqual([
      'a.onnx_data',
      'a.onnx_data_1',
    ]);
    const paths = ['card.json', 'model.onnx', 'weights-0.bin', 'weights-1.bin', 'other/x.bin'];
    expect(
      chooseFiles(['card.json', 'model.onnx', 'weights-0.bin', 'weights-1.bin'], 'a/b'),
    ).toEqual({
      weights: 'model.onnx',
      companions: ['card.json', 'weights-0.bin', 'weights-1.bin'],
    });
    expect(() => chooseFiles(paths, 'a/b')).toThrow(/several files of weights: model.onnx, other/);
    const latent = ['unet/diffusion_pytorch_model.safetensors', 'vae/config.json'];
    expect(() => chooseFiles(latent, 'a/b')).toThrow(/pipeline with a vae/);
  });

  test('no weights, or a choice of them, is told with what to do', () => {
    expect(() => chooseFiles(['README.md'], 'a/b')).toThrow(/a\/b has no weights.*address/);
    expect(() => chooseFiles(['a.pt', 'b.pt'], 'a/b')).toThrow(
      /several files of weights: a.pt, b.pt/,
    );
  });
});

describe('the address of a file', () => {
  test('what lies beside it comes along', async () => {
    const url = server.put('/m/weights.pt', new Uint8Array(10));
    server.put('/m/config.json', '{}');
    server.put('/scheduler/scheduler_config.json', '{}');
    const model = await urlModel(url, signal);
    expect(model.weights).toEqual({
      name: 'weights.pt',
      urls: [url],
      sizeBytes: 10,
      sha256: null,
    });
    expect(model.companions.map(({ urls }) => urls[0])).toEqual([
      `${server.origin}/m/config.json`,
      `${server.origin}/scheduler/scheduler_config.json`,
    ]);
  });

  test('an .onnx may have its weights in a file called after it', async () => {
    const url = server.put('/m/net.onnx', new Uint8Array(10));
    server.put('/m/net.onnx_data', new Uint8Array(2000));
    const { companions } = await urlModel(url, signal);
    expect(companions).toEqual([
      { name: 'net.onnx_data', urls: [`${url}_data`], sizeBytes: 2000, sha256: null },
    ]);
  });

  test('a host that answers no HEAD tells the size all the same', async () => {
    const url = server.put('/m/w.pt', new Uint8Array(70_000), { refusesHead: true });
    expect((await urlModel(url, signal)).weights.sizeBytes).toBe(70_000);
  });

  test.each([
    [404, /there is no such file/],
    [403, /gated or private/],
  ])('one that answers %i is told at once', async (status, message) => {
    const url = server.put('/m/w.pt', '', { status });
    await expect(urlModel(url, signal)).rejects.toMatchObject({
      code: 'modelFetch',
      message: expect.stringMatching(message) as string,
    });
  });

  test('a web page about a file is not taken for the file', async () => {
    const headers = { 'content-type': 'text/html; charset=utf-8' };
    const url = server.put('/x/blob/main/w.pt', '<html>', { headers });
    await expect(urlModel(url, signal)).rejects.toMatchObject({
      code: 'modelFetch',
      message: expect.stringMatching(/is a web page.*address.*downloads/) as string,
    });
  });

  test('a name that is not well encoded is kept as it is', async () => {
    const url = server.put('/m/50%.pt', new Uint8Array(5));
    expect((await urlModel(url, signal)).weights.name).toBe('50%.pt');
  });

  test.each([
    'https://huggingface.co/a/b/blob/main/unet/x.pt',
    'https://www.huggingface.co/a/b/resolve/main/unet/x.pt?download=true',
    'https://hf-mirror.com/a/b/blob/main/unet/x.pt',
  ])('%s stands for the file on the hub and its mirror', (text) => {
    expect(addressesOf(new URL(text))).toEqual([
      'https://huggingface.co/a/b/resolve/main/unet/x.pt',
      'https://hf-mirror.com/a/b/resolve/main/unet/x.pt',
    ]);
  });

  test.each(['file:///etc/passwd', 'weights.pt', 'javascript:alert(1)'])(
    '%s is no address',
    async (text) => {
      await expect(urlModel(text, signal)).rejects.toMatchObject({ code: 'modelUnknown' });
    },
  );
});
