/** The command line: one subcommand per file, loaded when it is asked for. */
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { RepaintError } from '../protocol/failure.js';
import { systemReason } from '../shelf/store/disk-files.js';
import { UsageError } from './cli-error.js';

/** What `--help` lists; ONNX Runtime and the rest are loaded only with a command that was named. */
const commands: Readonly<Record<string, { about: string; load: () => Promise<Command> }>> = {
  fill: {
    about: 'fill a region of a photo',
    load: async () => (await import('./fill.js')).fillCommand(),
  },
  model: {
    about: 'add, list, remove and build models',
    load: async () => (await import('./model.js')).modelCommand(),
  },
  walk: {
    about: 'print what a walk does and costs, without running it',
    load: async () => (await import('./walk.js')).walkCommand(),
  },
  lab: {
    about: "the paper's evaluation: masks, methods, measures, tables, votes",
    load: async () => (await import('./lab.js')).labCommand(),
  },
  parity: {
    about: 'compare with recorded numbers of the official code',
    load: async () => (await import('./parity.js')).parityCommand(),
  },
};

/** Of the package this file lies in. */
function packageVersion(): string {
  const file = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

/** Lets misuse of any subcommand end in the exit code for misuse. */
function throwInsteadOfExit(command: Command): void {
  command.exitOverride();
  command.commands.forEach(throwInsteadOfExit);
}

async function programFor(names: readonly string[]): Promise<Command> {
  const program = new Command('repaint-fill')
    .description('generative fill with RePaint, on your own machine')
    .version(packageVersion())
    .showHelpAfterError('(--help lists the options)');
  for (const [name, { about, load }] of Object.entries(commands)) {
    program.addCommand(
      names.includes(name) ? await load() : new Command(name).description(about).usage('[options]'),
    );
  }
  throwInsteadOfExit(program);
  return program;
}

/** `| head` closes the pipe: nobody reads the results any more, and that is no failure. */
function endOnClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0);
  console.error(`The results cannot be written: ${systemReason(error) ?? error.message}.`);
  process.exit(1);
}

/** Nobody reads how the work goes on, or it has no room; it goes on. */
function workOnUnread(): void {}

/** A loader's thread may have listeners of its own there, so these are looked for themselves. */
function expectClosedPipes(): void {
  const listen = (stream: NodeJS.WriteStream, listener: (error: Error) => void) =>
    stream.listeners('error').includes(listener) || stream.on('error', listener);
  listen(process.stdout, endOnClosedPipe);
  listen(process.stderr, workOnUnread);
}

/** What the disk or the network refused, wherever it was asked. Throws: any other error as it is. */
function tellSystemError(error: unknown): void {
  const reason = systemReason(error);
  if (reason === null) throw error;
  const { path, message } = error as NodeJS.ErrnoException;
  console.error(path === undefined ? `${message}.` : `${path}: ${reason}.`);
  process.exitCode = 1;
}

/** Runs the command line and sets the exit code: 1 = something did not hold, 2 = misuse. */
export async function main(argv: readonly string[]): Promise<void> {
  expectClosedPipes();
  const program = await programFor(argv.slice(2));
  try {
    await program.parseAsync(argv);
  } catch (error) {
    if (error instanceof CommanderError) {
      // It has said what is wrong, or printed the help that was asked for.
      process.exitCode = error.exitCode === 0 ? 0 : 2;
      return;
    }
    const isExplained = error instanceof UsageError || error instanceof RepaintError;
    if (!isExplained) return tellSystemError(error);
    const isMisuse = error instanceof UsageError || error.code === 'badRequest';
    console.error(error.message);
    process.exitCode = isMisuse ? 2 : 1;
  }
}
