// Builds the bundle once before the end-to-end tests, so that they run what the source says now.
import { execFileSync } from 'node:child_process';

export function setup(): void {
  execFileSync(process.execPath, ['build.js'], { stdio: 'inherit' });
}
