import * as library from '../../src/node.ts';
import { queriesSuite } from '../support/queries-suite.ts';

queriesSuite(library);
