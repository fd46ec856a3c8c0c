/** Where everything in the treemap lies: rectangles of modules and fields, and room for their headers. */
import { type HierarchyRectangularNode, hierarchy, treemap, treemapBinary } from 'd3-hierarchy';
import type { TreeNode } from './tree.ts';

export type Rectangle = HierarchyRectangularNode<TreeNode>;

const AREAS = { parameters: 'Equal', elements: 'By size' } as const;
export type Area = keyof typeof AREAS;
export const AREA_LABELS: readonly (readonly [Area, string])[] = Object.entries(AREAS) as [Area, string][];

/** Height of the header of a module that stands directly in the one shown. */
export const HEADER = 20;
export const INNER_HEADER = 15;

/** A module with nothing but parameters: its fields are labelled with its name, so that it needs no header. */
const isLayer = ({ children }: TreeNode) => children.every(({ row }) => row !== undefined);

export function fieldLabel({ data, parent }: Rectangle): string {
  return parent !== null && parent.depth > 1 && isLayer(parent.data) ? `${parent.data.name}.${data.name}` : data.name;
}

/** Room for a header where a module is large enough to have one. */
export function headerHeight({ depth, data, x0, x1, y0, y1 }: Rectangle): number {
  if (depth === 0) return 0;
  const [width, height] = [x1 - x0, y1 - y0];
  if (depth === 1) return width > 34 && height > 30 ? HEADER : 2;
  return width > 60 && height > 40 && !isLayer(data) ? INNER_HEADER : 1;
}

export function layout(node: TreeNode, area: Area, width: number, height: number): Rectangle {
  const weight = ({ row }: TreeNode) => (row === undefined ? 0 : area === 'elements' ? row.size : 1);
  return treemap<TreeNode>()
    .tile(treemapBinary)
    .size([width, height])
    .paddingInner(({ depth }) => (depth === 0 ? 4 : 1))
    .paddingOuter(({ depth, x0, x1 }) => (depth === 0 ? 0 : x1 - x0 > 12 ? (depth === 1 ? 2 : 1) : 0))
    .paddingTop(headerHeight)(hierarchy(node).sum(weight));
}
