// What chart/values.yaml says of each value in the comment above it.

import { isMap, isScalar, parseDocument, type Pair, type YAMLMap } from 'yaml';

export interface ChartValue {
  /** `image.tag`. */
  readonly path: string;
  readonly default: unknown;
  /** Empty when there is no comment that begins with `# --`. */
  readonly text: string;
}

/** The values in their order; one with a comment stands for all below it. */
export function chartValues(yaml: string): readonly ChartValue[] {
  const { contents } = parseDocument(yaml);
  return isMap(contents) ? valuesBelow('', contents) : [];
}

function valuesBelow(prefix: string, map: YAMLMap): readonly ChartValue[] {
  return map.items.flatMap((pair, index) => {
    const path = `${prefix}${String(pair.key)}`;
    // What stands above the first key is read as a comment about the map.
    const comment = (index === 0 ? map.commentBefore : undefined) ?? commentAbove(pair);
    const text = /^ -- (.*)$/m.exec(comment ?? '')?.[1] ?? '';
    const { value } = pair;
    if (text === '' && isMap(value) && value.items.length > 0) {
      return valuesBelow(`${path}.`, value);
    }
    return [{ path, default: plain(map, pair), text }];
  });
}

function commentAbove({ key }: Pair): string | null | undefined {
  return isScalar(key) ? key.commentBefore : undefined;
}

function plain(map: YAMLMap, { key }: Pair): unknown {
  return (map.toJSON() as Record<string, unknown>)[String(key)];
}
