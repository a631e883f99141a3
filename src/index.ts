// The public API for build logic: what a tree's own module types may import from `ashlar`.
export * from './blueprint/api.ts';
