import * as library from '../../src/node.ts';
import { explainSuite } from '../support/explain-suite.ts';

explainSuite(library);
