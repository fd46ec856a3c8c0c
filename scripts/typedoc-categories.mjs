/** A plugin for TypeDoc: what is exported is listed under the subject of the file that it stands in. */
import { basename } from 'node:path';
import { Comment, CommentTag, Converter, ReflectionKind } from 'typedoc';

/** Files by subject; `typedoc.json` names the subjects again, in the order of the pages. */
const SUBJECTS = {
  Building: ['build', 'constructor', 'groups', 'merge', 'registry'],
  'Plans and reasons': ['plan', 'param-plan', 'explain', 'decision'],
  'Models as the planner sees them': ['model', 'model-file'],
  Configs: ['config', 'paramwise-config', 'scheduler-config', 'errors'],
  Schedules: ['schedulers', 'scheduler', 'schedule', 'schedule-driver', 'preview', 'schedulable'],
  Accumulation: ['accumulation', 'cycle', 'counters', 'engine'],
  Wrappers: ['wrapper', 'base-wrapper', 'wrapper-options', 'amp-wrapper', 'wrapper-dict', 'loss-scaler', 'grad-report'],
  Optimizers: [
    'optimizers',
    'optimizer',
    'lbfgs',
    'muon',
    'algorithm',
    'registration',
    'step-path',
    'rules',
    'state',
    'state-dict',
  ],
  Checkpoints: ['checkpoint', 'safetensors'],
  Tensors: ['tensor', 'creation', 'operators', 'dispatch', 'dtype', 'handle'],
  Gradients: ['autograd', 'gradients'],
  'Several ranks': ['distributed-sampler', 'shard'],
  'The engine': ['runtime'],
};
const SUBJECT_OF = new Map(
  Object.entries(SUBJECTS).flatMap(([subject, files]) => files.map((file) => [file, subject])),
);

/** Modules alone are sorted so: `nn` has too many files, and kinds serve it well. */
const isSorted = (parent) => parent?.kind === ReflectionKind.Module || parent?.name === 'optim';

export function load({ converter }) {
  converter.on(Converter.EVENT_CREATE_DECLARATION, (context, reflection) => {
    if (!isSorted(reflection.parent)) return;
    const source = context.getSymbolFromReflection(reflection)?.declarations?.[0]?.getSourceFile().fileName;
    const subject = source === undefined ? undefined : SUBJECT_OF.get(basename(source, '.ts'));
    if (subject === undefined) return;
    reflection.comment ??= new Comment();
    reflection.comment.blockTags.push(new CommentTag('@category', [{ kind: 'text', text: subject }]));
  });
}
