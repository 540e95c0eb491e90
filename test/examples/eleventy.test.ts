import { proveSite } from '../support/consumers/proof.ts';

proveSite('examples/eleventy', { kills: 2 });
