import { openStore } from '../open.ts';
import { start } from './fixtures.ts';

/** Opens the store in a folder, writes one entry, says so and holds it until killed; or prints why it cannot. */
try {
  const store = openStore(process.argv[2] ?? '', start);
  store.audit.append({ at: start, actor: 'system', action: 'store/held', subject: '', detail: {} });
  process.stdout.write('held\n');
  process.stdin.resume();
} catch (error) {
  process.stdout.write(`${String((error as { code?: unknown }).code)}\n`);
  process.exitCode = 1;
}
