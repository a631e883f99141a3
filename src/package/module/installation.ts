// Checks what a package says to package managers: owners, maintainer scripts, what it requires of the system.
// Knows nothing of how they are told.
import { didYouMean } from '../../base/diagnostic.ts';
import { SCRIPT_NAMES, type MaintainerScripts } from '../../format/metadata.ts';
import type { PackageDeclaration, Report } from './declaration.ts';
import { namesOf } from './shell.ts';

/** Tells what is wrong, at the property that says it. */
export function checkInstallation({ values }: PackageDeclaration, problem: Report): void {
  values.owners.forEach((owner, index) => {
    for (const property of ['user', 'group'] as const) {
      const name = owner[property];
      if (name === undefined || /^[a-z_][a-z0-9_-]{0,30}$/.test(name)) continue;
      const at = `owners[${index}].${property}`;
      problem(at, `"${name}" cannot be the name of a ${property}`, 'name it as /etc/passwd does');
    }
  });
  const look = (property: string, scripts: MaintainerScripts): void => {
    for (const name of SCRIPT_NAMES) {
      const { problems = [] } = scripts[name] === undefined ? {} : namesOf(scripts[name]);
      for (const { message, line } of problems) {
        problem(`${property}.${name}`, `${name} is no shell script: line ${line}: ${message}`);
      }
    }
  };
  const formats = Object.values(values.tasks).flatMap(({ format }) => format ?? []);
  const check = (property: string, requires: Readonly<Record<string, readonly string[]>>): void => {
    for (const format of Object.keys(requires)) {
      if (formats.includes(format)) continue;
      const hint = didYouMean(format, formats) ?? `there are ${formats.join(', ')}`;
      problem(`${property}.${format}`, `no task writes the format "${format}"`, hint);
    }
  };
  check('system_requires', values.system_requires);
  look('maintainer_scripts', values.maintainer_scripts);
  values.split.forEach((one, index) => {
    check(`split[${index}].system_requires`, one.system_requires);
    look(`split[${index}].maintainer_scripts`, one.maintainer_scripts);
  });
}
