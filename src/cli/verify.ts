// What `ashlar verify` does: builds what is asked about, where there is no result yet, and runs it again.
import { Collector } from '../base/diagnostic.ts';
import type { Executor } from '../task/execute.ts';
import type { BuildReport } from '../task/schedule.ts';
import { dependenciesOf } from '../task/task.ts';
import { openVerifier, type Verifier } from '../task/verify.ts';
import { runTargets, type BuildCommand, type BuildOutput } from './build.ts';
import { openUserStore } from './prepare.ts';
import { openTasks } from './tasks.ts';
import { verifyOne, type Verified, type VerifyAnswer } from './verification.ts';

/** Builds what is asked about, where it is not known, and runs it again. */
export async function answerVerify(
  command: BuildCommand,
  output: BuildOutput,
  onVerified: (verified: Verified) => void,
): Promise<VerifyAnswer> {
  const out = new Collector();
  const verified: Verified[] = [];
  let variation: Verifier['variation'] | undefined;
  let failed = false;
  const store = openUserStore(command.env, out);
  const open = store && (await openTasks(command, store, output.signal, out));
  if (store !== undefined && open !== undefined) {
    const problem = await open.prepared.sandbox.unavailable();
    if (problem !== undefined) out.add(problem);
    const needed = new Set(open.asked.flatMap((task) => [task, ...dependenciesOf(task)]));
    const targets = [...needed].map((task) => ({ task, deliveries: [] }));
    const verify = async (report: BuildReport, executor: Executor): Promise<void> => {
      using verifier = openVerifier(executor);
      variation = verifier.variation;
      for (const task of open.asked) {
        if (output.signal.aborted) return;
        const one = await verifyOne(verifier, {
          task,
          key: open.keyOf(task).key.hash,
          report,
          executor,
          signal: output.signal,
        });
        verified.push(one);
        onVerified(one);
      }
    };
    if (!out.failed) {
      const report = await runTargets(
        command,
        output,
        store,
        open.prepared,
        { targets, after: verify },
        out,
      );
      failed = (report?.failures.length ?? 0) > 0;
    }
  }
  return { verified, variation, diagnostics: out.diagnostics, failed };
}
