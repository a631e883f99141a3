// The suite of `npm run bench syntax`.
export { syntaxBench as suite } from './syntax.js';
