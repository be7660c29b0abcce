// Loaded into every process and thread of a run that is measured as on a machine of so many cores: takes a core of its own. The
// coordinator takes the first one, each worker one of the others, and threads of the coordinator those of workers, which have
// little to do when threads have much; but those that work while workers do, in the background, stay with the coordinator.
import { mkdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isMainThread, threadId, workerData } from 'node:worker_threads';

const folder = process.env.SPATILE_BENCH_CORES;
const workers = Number(process.env.SPATILE_BENCH_CORES_WORKERS);
const claims = process.env.SPATILE_BENCH_CORES_CLAIMS;

/** Which worker of the run this process is, counted from 0; one that stands in for another takes the next number. */
function workerNumber() {
  for (let k = 0; ; k++) {
    try {
      mkdirSync(join(claims, `worker-${k}`));
      return k;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
  }
}

/** The core of a worker, or of a thread beside it; all share one where there is no other. */
const coreOf = (k) => (workers === 0 ? 0 : 1 + (k % workers));

if (folder) {
  if (!isMainThread && workerData?.priority !== 'background') {
    const thread = readlinkSync('/proc/thread-self').split('/').at(-1);
    writeFileSync(join(folder, `core-${coreOf(threadId - 1)}`, 'tasks'), thread);
  } else if (isMainThread) {
    const core = process.send ? coreOf(workerNumber()) : 0;
    writeFileSync(join(folder, `core-${core}`, 'cgroup.procs'), `${process.pid}`);
  }
}
