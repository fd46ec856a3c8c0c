/**
 * A character GPT on the licence texts that every Debian holds: AdamW for all of it against one config in which Muon steps
 * the matrices of the blocks and AdamW the rest, each at the best rates of its own grid, over several seeds.
 *
 * Measured (libtorch 1.13, one thread, rates chosen on a tenth of the text, loss on another, three seeds): after 150 steps
 * 2.463 ± 0.007 nats a character with Muon for 7.1 CPU seconds, 2.668 ± 0.024 with AdamW alone for 4.7, and 2.594 ± 0.005
 * for AdamW with 224 steps. It is one small network on one kind of text.
 *
 *   npm run start:gpt              under three minutes on two cores
 *   npm run start:gpt -- --quick   seconds
 */
import { engineVersions, planOf, planTable, setNumThreads } from '@paramwise/torch';
import pc from 'picocolors';
import { barChart } from '../lib/chart.ts';
import { startProgress } from '../lib/progress.ts';
import { best, LOSS, mean, paired, spread } from '../lib/tally.ts';
import { ADAMW, CONTENDERS, type Contender, MUON, type Rates, ratesText } from './contenders.ts';
import type { Gpt } from './model.ts';
import { optionsOrEnd } from './options.ts';
import { loadText } from './text.ts';
import { evaluate, type Outcome, PER_STEP, sample, train } from './train.ts';

/** Rates are chosen with other weights and pieces than the comparison has. */
const CHOICE_SEED = 1000;
const PROMPT = 'This License ';

const { steps, seeds, tries, sampleEvery } = optionsOrEnd();
const say = (text: string) => process.stdout.write(`${text}\n`);
const heading = (text: string) => say(`\n${pc.bold(text)}`);

/** The rates of each contender's grid with the least loss on the validation text. */
function bestRates(): Map<Contender, Rates> {
  const progress = startProgress('choosing rates', CONTENDERS.length * tries * steps, 'characters');
  const found = CONTENDERS.map((contender) => {
    const own = contender.tries.slice(0, tries).map((rates) => {
      const note = (loss: number) => `${contender.name}, ${ratesText(rates)}: loss ${loss.toFixed(2)}`;
      const onStep = (_: number, loss: number) => progress.advance(PER_STEP, note(loss));
      const { model } = train(text, { contender, rates, seed: CHOICE_SEED, steps, onStep });
      return { rates, value: evaluate(model, text.validation) };
    });
    return [contender, own] as const;
  });
  progress.stop();
  for (const [{ name }, own] of found)
    say(`  ${name.padEnd(14)}${own.map(({ rates, value }) => `${ratesText(rates)}: ${value.toFixed(3)}`).join('   ')}`);
  return new Map(found.map(([contender, own]) => [contender, best(own, LOSS).rates]));
}

interface Result {
  readonly name: string;
  readonly losses: readonly number[];
  readonly cpuSeconds: number;
  readonly first: Outcome;
}

/** Losses on the held-out text, seed by seed; the run of the first seed shows what it writes. */
function compare(name: string, contender: Contender, rates: Rates, steps: number): Result {
  const progress = startProgress(name, seeds * steps, 'characters');
  const runs = Array.from({ length: seeds }, (_, seed) => {
    const onStep = (step: number, loss: number, model: Gpt) => {
      progress.advance(PER_STEP, `loss ${loss.toFixed(2)}`);
      if (seed > 0 || step % sampleEvery !== 0) return;
      const writes = sample(model, text.vocabulary, PROMPT, 150);
      progress.say(`  ${name} after ${step} steps:\n${writes.replaceAll(/^/gm, '    ')}\n`);
    };
    return train(text, { contender, rates, seed, steps, onStep });
  });
  progress.stop();
  return {
    name,
    losses: runs.map(({ model }) => evaluate(model, text.held)),
    cpuSeconds: mean(runs.map(({ cpuSeconds }) => cpuSeconds)),
    first: runs[0]!,
  };
}

const started = Date.now();
// The matrices are so small that a second thread mostly waits for the first.
setNumThreads(1);
const { libtorch, blas } = engineVersions();
say(`libtorch ${libtorch}, ${blas.split(' ').slice(0, 2).join(' ')}, one thread`);
const text = loadText();
const total = text.train.numel + text.validation.numel + text.held.numel;
say(`${text.files} texts, ${total.toLocaleString('en')} characters, ${text.vocabulary.length} different ones`);

heading(`Each contender's best rates, ${steps} steps, by the loss on a tenth of the text that none is trained on`);
const rates = bestRates();

heading(`${steps} steps of ${PER_STEP} characters, ${seeds} ${seeds === 1 ? 'seed' : 'seeds'}`);
const muon = compare(MUON.name, MUON, rates.get(MUON)!, steps);
const adamw = compare(ADAMW.name, ADAMW, rates.get(ADAMW)!, steps);
const costs = muon.cpuSeconds / adamw.cpuSeconds;
const moreSteps = Math.round(steps * Math.max(1, costs));
const longer = compare(`AdamW, ${moreSteps} steps`, ADAMW, rates.get(ADAMW)!, moreSteps);
const results = [muon, adamw, longer];

heading('What optim_wrapper.json gives each parameter');
const plan = planOf(muon.first.wrapper)!;
say(planTable(plan));
for (const warning of plan.warnings) say(`  ${warning}`);

heading('Loss on another tenth, nats a character, mean ± standard deviation: less is better');
for (const { name, losses, cpuSeconds } of results)
  say(`  ${name.padEnd(18)}${spread(losses, LOSS)}   ${cpuSeconds.toFixed(1)} CPU seconds a run`);
const bars = results.map(({ name, losses }) => ({ name, values: losses }));
say(`
${barChart(bars, LOSS)}

  Muon against AdamW at equal steps: ${paired(muon.losses, adamw.losses, LOSS)}
  and at about equal processor time: ${paired(muon.losses, longer.losses, LOSS)}

  A step with Muon takes ${costs.toFixed(2)} times the processor time of a step with AdamW alone. AdamW's rate was chosen for ${steps} steps.

  time      ${Math.round((Date.now() - started) / 1000)} s`);
