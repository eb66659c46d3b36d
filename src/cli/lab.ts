/** `repaint-fill lab`: how good fills are. */
import { Command } from 'commander';
import { labMasksCommand } from './lab-masks.js';
import { labReportCommand } from './lab-report.js';
import { labRunCommand } from './lab-run.js';
import { labVoteCommand } from './lab-vote.js';

/** The `lab` subcommand. */
export function labCommand(): Command {
  return new Command('lab')
    .description("the paper's evaluation: masks, methods, measures, tables, votes")
    .addCommand(labRunCommand())
    .addCommand(labReportCommand())
    .addCommand(labVoteCommand())
    .addCommand(labMasksCommand());
}
