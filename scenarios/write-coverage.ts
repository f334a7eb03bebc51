import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { coverageOf, withCoverageTable } from './coverage.ts';
import { repertoire } from './repertoire.ts';

const page = join(import.meta.dirname, '../README.md');
const made = withCoverageTable(await readFile(page, 'utf8'), coverageOf(repertoire.scenarios));
if (made === null) throw new Error(`${page}: its coverage markers are missing; put them back`);
await writeFile(page, made);
