/** The command line: one subcommand per file. */
import { Command, CommanderError } from 'commander';
import { RepaintError } from '../protocol/failure.js';
import { UsageError } from './cli-error.js';
import { fillCommand } from './fill.js';
import { labCommand } from './lab.js';
import { modelCommand } from './model.js';
import { parityCommand } from './parity.js';
import { walkCommand } from './walk.js';

/** Lets misuse of any subcommand end in the exit code for misuse. */
function throwInsteadOfExit(command: Command): void {
  command.exitOverride();
  command.commands.forEach(throwInsteadOfExit);
}

/** Runs the command line and sets the exit code: 1 = something did not hold, 2 = misuse. */
export async function main(argv: readonly string[]): Promise<void> {
  const program = new Command('repaint-fill')
    .description('generative fill with RePaint, on your own machine')
    .showHelpAfterError('(--help lists the options)')
    .addCommand(fillCommand())
    .addCommand(modelCommand())
    .addCommand(walkCommand())
    .addCommand(parityCommand())
    .addCommand(labCommand());
  throwInsteadOfExit(program);
  try {
    await program.parseAsync(argv);
  } catch (error) {
    if (error instanceof CommanderError) {
      // It has said what is wrong, or printed the help that was asked for.
      process.exitCode = error.exitCode === 0 ? 0 : 2;
      return;
    }
    const isExplained = error instanceof UsageError || error instanceof RepaintError;
    if (!isExplained) throw error;
    const isMisuse = error instanceof UsageError || error.code === 'badRequest';
    console.error(error.message);
    process.exitCode = isMisuse ? 2 : 1;
  }
}
