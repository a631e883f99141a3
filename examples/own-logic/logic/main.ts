// The build logic of this tree. The stock module types are there as well.
import type { Logic } from 'ashlar';
import { page } from './page.ts';

export const logic: Logic = { moduleTypes: [page] };
