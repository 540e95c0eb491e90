import * as library from '../../src/node.ts';
import { callsSuite } from '../support/calls-suite.ts';

callsSuite(library as never);
