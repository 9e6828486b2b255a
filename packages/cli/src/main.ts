#!/usr/bin/env -S node --conditions=source
import { endProcess } from './command-line/end-process.ts';
import { processTerminal } from './command-line/process-terminal.ts';
import { runCommand } from './command-line/run-command.ts';

endProcess(await runCommand(process.argv.slice(2), processTerminal()));
