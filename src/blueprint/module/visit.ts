// Walks over the dependencies of one variant. Each visits in the order in which edges were added.
import type { DependencyTag } from './handle.ts';
import type { Variant } from './variant.ts';

/** The variant itself, or the first one that it was split into. */
export function finalVariant(variant: Variant): Variant {
  let found = variant;
  while (found.split !== undefined) {
    found = found.split.find((member) => member.kind === 'variant')!;
  }
  return found;
}

/** All dependencies, each once and after its own; not the start. */
export function visitDependencies(start: Variant, visit: (variant: Variant) => void): void {
  const seen = new Set([start]);
  const stack: { variant: Variant; next: number }[] = [{ variant: start, next: 0 }];
  while (stack.length > 0) {
    const top = stack.at(-1)!;
    if (top.next >= top.variant.dependencies.length) {
      stack.pop();
      if (stack.length > 0) visit(top.variant);
      continue;
    }
    const dependency = finalVariant(top.variant.dependencies[top.next++]!.module);
    if (seen.has(dependency)) continue;
    seen.add(dependency);
    dependency.group.kept?.unknown(`what module ${dependency.name} depends on`);
    stack.push({ variant: dependency, next: 0 });
  }
}

/** Every edge below the start, from the top down; goes on below a child, once, where `visit` says so. */
export function walkDependencies(
  start: Variant,
  visit: (child: Variant, parent: Variant, tag: DependencyTag) => boolean,
): void {
  const seen = new Set([start]);
  const stack: { variant: Variant; next: number }[] = [{ variant: start, next: 0 }];
  while (stack.length > 0) {
    const top = stack.at(-1)!;
    const edge = top.variant.dependencies[top.next++];
    if (edge === undefined) {
      stack.pop();
      continue;
    }
    const child = finalVariant(edge.module);
    if (!visit(child, top.variant, edge.tag) || seen.has(child)) continue;
    seen.add(child);
    child.group.kept?.unknown(`what module ${child.name} depends on`);
    stack.push({ variant: child, next: 0 });
  }
}
