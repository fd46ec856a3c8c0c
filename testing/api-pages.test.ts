/** Every registered name has an API page, and that page says what it is, its defaults, its errors and its source. */
import { OPTIM_WRAPPER_CONSTRUCTORS, OPTIM_WRAPPERS, OPTIMIZERS, PARAM_SCHEDULERS } from '@paramwise/torch';
import { Application, Comment, type DeclarationReflection, type ProjectReflection, ReflectionKind } from 'typedoc';
import { beforeAll, describe, expect, it } from 'vitest';

/** Registered names that stand on the page of another. */
const STANDS_WITH = new Map([
  ['ApexOptimWrapper', 'AmpOptimWrapper'],
  ['LearningRateDecayOptimWrapperConstructor', 'LayerDecayOptimWrapperConstructor'],
  ['LearningRateDecayOptimizerConstructor', 'LayerDecayOptimWrapperConstructor'],
]);

const NAMES = [OPTIMIZERS, OPTIM_WRAPPERS, OPTIM_WRAPPER_CONSTRUCTORS, PARAM_SCHEDULERS].flatMap((registry) =>
  registry.names(),
);

describe('the API pages', () => {
  let project: ProjectReflection;
  let isClean: boolean;

  beforeAll(async () => {
    const app = await Application.bootstrap({ options: 'typedoc.json', skipErrorChecking: true });
    project = (await app.convert())!;
    app.validate(project);
    isClean = !app.logger.hasErrors() && !app.logger.hasWarnings();
  }, 120_000);

  /** The class of that name; inherited comments are in place. */
  function pageOf(name: string): DeclarationReflection {
    const wanted = STANDS_WITH.get(name) ?? name;
    const [page] = project.getReflectionsByKind(ReflectionKind.Class).filter((each) => each.name === wanted);
    expect(page, `${wanted} is no class of the API pages`).toBeDefined();
    return page as DeclarationReflection;
  }

  /** What the page tells, and what its constructor does. */
  function textOf(page: DeclarationReflection): string {
    const ways = page.children?.find(({ kind }) => kind === ReflectionKind.Constructor)?.signatures ?? [];
    return [page, ...ways]
      .flatMap(({ comment }) => (comment === undefined ? [] : [comment]))
      .map(({ summary, blockTags }) =>
        [
          Comment.combineDisplayParts(summary),
          ...blockTags.map(({ tag, content }) => `${tag} ${Comment.combineDisplayParts(content)}`),
        ].join('\n'),
      )
      .join('\n');
  }

  it('are made without warnings', () => {
    expect(isClean, 'npm run docs shows the warnings').toBe(true);
  });

  it.each(NAMES)('of %s say what it is, its defaults, errors and source', (name) => {
    const page = pageOf(name);
    expect(Comment.combineDisplayParts(page.comment?.summary).split('\n')[0]).not.toBe('');
    const text = textOf(page);
    expect(text).toContain('Defaults: ');
    expect(text).toMatch(/@throws|Throws \w*Error/);
    expect(text).toContain('Source: ');
    if (STANDS_WITH.has(name)) expect(text).toContain(name);
  });
});
