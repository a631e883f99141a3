// The public API for build logic: what a tree's own module types may import from `ashlar`.
export * from './blueprint/api.ts';

// Packages: module types that declare them, and the data that pipelines are made of.
export {
  declaredPlace,
  imageProvider,
  packageProvider,
  type DeclaredImage,
  type DeclaredPackage,
  type DeclaredPlace,
} from './package/module/declared.ts';
export { packageLogic } from './package/module/logic.ts';
export { declarePackages, packageType, type PackageModuleType } from './package/module/package.ts';
export { PRESETS, type Preset } from './package/module/preset.ts';
export {
  moduleFields,
  packageProperties,
  packageValues,
  type ModuleValues,
  type PackageData,
  type PackageValues,
  type TaskValues,
} from './package/module/properties.ts';
export { STANDARD } from './package/module/standard.ts';
