/**
 * The page without its data: template, style sheet and script in one, and the policy that allows just these.
 *
 * A built package has it beside its code as `report.html`; in a checkout it is put together from the source.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

let known: string | undefined;

export function pageTemplate(): string {
  const built = new URL('./report.html', import.meta.url);
  known ??= existsSync(built) ? readFileSync(built, 'utf8') : assemblePage(new URL('..', import.meta.url));
  return known;
}

// The parts of d3 that are in the script ask for this.
const NOTICE = '/*! With d3-hierarchy, d3-scale and what they use, Copyright Mike Bostock, ISC License */';

/** Style sheets in the order in which they stand in the page: of two equal rules the later one wins. */
const STYLES = ['base', 'layout', 'controls', 'map', 'table', 'detail', 'charts', 'media'] as const;

/** @param source the folder that `report.html` and `report/page` are in. */
export function assemblePage(source: URL): string {
  const read = (name: string) => readFileSync(new URL(name, source), 'utf8');
  const script = bundle(fileURLToPath(new URL('report/page/main.ts', source)));
  const style = minify(STYLES.map((part) => read(`report/page/style/${part}.css`)).join('\n'));
  const policy = [
    "default-src 'none'",
    `script-src ${hashSource(script)}`,
    `style-src ${hashSource(style)}`,
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
  ].join('; ');
  const parts = { policy, style: `<style>${style}</style>`, script: `<script>${script}</script>` };
  return fillMarks(read('report.html'), parts);
}

/** Puts texts where the template has `<!-- name -->`; what they hold is not looked at again. */
export function fillMarks(template: string, parts: Readonly<Record<string, string>>): string {
  return template.replace(/<!-- (\w+) -->/g, (mark, name: string) => parts[name] ?? mark);
}

const hashSource = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

// Only a checkout gets here, so the bundler is no dependency of the package.
const esbuild = (): typeof import('esbuild') => createRequire(import.meta.url)('esbuild');

function bundle(entry: string): string {
  const { outputFiles } = esbuild().buildSync({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    write: false,
    format: 'iife',
    target: 'es2022',
    charset: 'utf8',
    banner: { js: NOTICE },
    logLevel: 'silent',
  });
  return outputFiles[0]!.text.trim();
}

const minify = (css: string) => esbuild().transformSync(css, { loader: 'css', minify: true }).code.trim();
