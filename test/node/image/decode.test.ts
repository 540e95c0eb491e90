import { decode } from '../../../src/image/decode.node.ts';
import { decodeTests } from '../../support/decode-cases.ts';

decodeTests(decode);
