#!/usr/bin/env node
import { main } from '../dist/index.js';

// a reader that has seen enough (kmodel replay ... | head) is no error
process.stdout.on('error', (error) => process.exit(error.code === 'EPIPE' ? 0 : 1));
process.exitCode = await main(process.argv.slice(2));
