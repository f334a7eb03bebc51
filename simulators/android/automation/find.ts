import { DOMParser } from '@xmldom/xmldom';
import { select } from 'xpath';
import { fault, ok, type Result } from '../../../reference/core/result.ts';
import { nodesOf, type Screen, type ScreenNode } from '../phone/layout.ts';
import { attributesOf, hierarchyXml, keyAttribute } from './hierarchy.ts';
import { parseSelector } from './selector.ts';

const byXPath = (screen: Screen, expression: string): Result<readonly ScreenNode[]> => {
  const nodes = new Map(nodesOf(screen.root).map((node) => [node.key, node]));
  try {
    const document = new DOMParser().parseFromString(hierarchyXml(screen, true), 'text/xml');
    const found: unknown = select(expression, document as unknown as Node);
    if (!Array.isArray(found))
      return fault('invalid selector', -1, 'the expression gives no nodes');
    const keys = found.map((element: { getAttribute?: (name: string) => string | null }) =>
      element.getAttribute?.(keyAttribute),
    );
    return ok(keys.flatMap((key) => nodes.get(key ?? '') ?? []));
  } catch (error) {
    return fault('invalid selector', -1, error instanceof Error ? error.message : String(error));
  }
};

const bySelector = (screen: Screen, text: string): Result<readonly ScreenNode[]> => {
  const selector = parseSelector(text);
  if (!selector.ok) return selector;
  const matching = nodesOf(screen.root).filter((node) =>
    selector.value.conditions.every((condition) => condition(attributesOf(node, 0))),
  );
  const { instance } = selector.value;
  return ok(instance === null ? matching : matching.slice(instance, instance + 1));
};

/** Nodes that a locator finds, in the order of the screen. */
export const findNodes = (
  screen: Screen,
  strategy: string,
  selector: string,
): Result<readonly ScreenNode[]> => {
  const all = nodesOf(screen.root);
  switch (strategy) {
    case 'id': {
      const full = selector.includes(':') ? selector : `${screen.packageName}:id/${selector}`;
      return ok(all.filter(({ widget }) => widget.id === full || widget.id === selector));
    }
    case 'accessibility id':
      return ok(all.filter(({ widget }) => widget.description === selector));
    case 'class name':
      return ok(all.filter(({ className }) => className === selector));
    case 'xpath':
      return byXPath(screen, selector);
    case '-android uiautomator':
      return bySelector(screen, selector);
    default:
      return fault('invalid selector', -1, `locator strategy '${strategy}'`);
  }
};
