import { proveSite } from '../support/consumers/proof.ts';

proveSite('a site of 542 photographs', { photographs: 542, kills: 20 });
