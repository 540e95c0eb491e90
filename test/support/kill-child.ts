import { writeSync } from 'node:fs';
import { FolderStore } from '../../src/store/media/store.node.ts';
import { stepUntilKilled } from './kill-steps.ts';

await stepUntilKilled(new FolderStore(process.argv[2]!), (step) => writeSync(1, `${step}\n`));
