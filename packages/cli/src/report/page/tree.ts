/** The module tree, rebuilt from the dotted paths of parameters. */
import type { Row } from './rows.ts';

export interface TreeNode {
  /** Its own part of the path; several where a module has nothing but one module in it. */
  readonly name: string;
  readonly path: string;
  readonly children: readonly TreeNode[];
  /** The parameter, for a leaf. */
  readonly row?: Row;
  readonly parent?: TreeNode;
  readonly params: number;
  readonly elements: number;
}

interface Draft {
  readonly modules: Map<string, Draft>;
  readonly rows: Row[];
}

const newDraft = (): Draft => ({ modules: new Map(), rows: [] });

export function buildTree(rows: readonly Row[], title: string): TreeNode {
  const root = newDraft();
  for (const row of rows) {
    let at = root;
    for (const part of row.path.split('.').slice(0, -1)) {
      const next = at.modules.get(part) ?? newDraft();
      at.modules.set(part, next);
      at = next;
    }
    at.rows.push(row);
  }
  return finish(root, title, '', undefined);
}

function finish(draft: Draft, name: string, path: string, parent: TreeNode | undefined): TreeNode {
  const [only, ...others] = draft.modules;
  if (parent !== undefined && only !== undefined && others.length === 0 && draft.rows.length === 0) {
    return finish(only[1], `${name}.${only[0]}`, `${path}.${only[0]}`, parent);
  }
  const children: TreeNode[] = [];
  const node = { name, path, children, ...(parent && { parent }), params: 0, elements: 0 };
  for (const row of draft.rows) children.push(leafOf(row, node));
  for (const [part, child] of draft.modules) {
    children.push(finish(child, part, path === '' ? part : `${path}.${part}`, node));
  }
  for (const child of children) {
    node.params += child.params;
    node.elements += child.elements;
  }
  return node;
}

function leafOf(row: Row, parent: TreeNode): TreeNode {
  const name = row.path.slice(row.path.lastIndexOf('.') + 1);
  return { name, path: row.path, children: [], row, parent, params: 1, elements: row.size };
}

/** The root, then the modules on the way to a node, then the node itself. */
export function ancestors(node: TreeNode): TreeNode[] {
  return node.parent === undefined ? [node] : [...ancestors(node.parent), node];
}
