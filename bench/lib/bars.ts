/** Horizontal bars as plain SVG, with a ground of its own so that it reads on light and dark pages alike. */

interface Bar {
  label: string;
  value: number;
  isOurs: boolean;
}

interface Panel {
  title: string;
  bars: readonly Bar[];
}

const WIDTH = 860;
const LABELS = 360;
const VALUES = 80;
const LINE = 24;
const TITLE = 44;
const MARGIN = 16;

const STYLE = `
  .ground { fill: #ffffff; } .text { fill: #1f2328; } .ours { fill: #0b6bcb; } .theirs { fill: #a6adb7; }
  text { font: 13px system-ui, sans-serif; } .title { font-weight: 600; font-size: 14px; }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #161b22; } .text { fill: #e6edf3; } .ours { fill: #58a6ff; } .theirs { fill: #6e7681; }
  }`;

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

const shown = (value: number) => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));

function drawPanel({ title, bars }: Panel, top: number): string {
  const longest = Math.max(...bars.map(({ value }) => value));
  const scale = (WIDTH - LABELS - VALUES - 2 * MARGIN) / longest;
  const lines = bars.map(({ label, value, isOurs }, index) => {
    const y = top + TITLE + index * LINE;
    const width = Math.max(1, value * scale).toFixed(1);
    const left = MARGIN + LABELS;
    return [
      `<text class="text" x="${left - 8}" y="${y + 15}" text-anchor="end">${escaped(label)}</text>`,
      `<rect class="${isOurs ? 'ours' : 'theirs'}" x="${left}" y="${y + 3}" width="${width}" height="${LINE - 7}" rx="2"/>`,
      `<text class="text" x="${(left + Number(width) + 6).toFixed(1)}" y="${y + 15}">${shown(value)}</text>`,
    ].join('');
  });
  return [`<text class="text title" x="${MARGIN}" y="${top + 28}">${escaped(title)}</text>`, ...lines].join('\n');
}

/** One panel under the other, each with a scale of its own that begins at 0. */
export function barPlot(panels: readonly Panel[], unit: string): string {
  let height = 0;
  const drawn = panels
    .filter(({ bars }) => bars.length > 0)
    .map(({ title, bars }) => {
      const panel = drawPanel({ title: `${title} (${unit}, less is better)`, bars }, height);
      height += TITLE + bars.length * LINE;
      return panel;
    });
  height += MARGIN;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">`,
    `<title>${escaped(panels.map(({ title }) => title).join('; '))} (${unit}, less is better)</title>`,
    `<style>${STYLE}\n</style>`,
    `<rect class="ground" width="${WIDTH}" height="${height}" rx="8"/>`,
    ...drawn,
    '</svg>\n',
  ].join('\n');
}
