import { decode } from '../../../src/image/decode.browser.ts';
import { decodeTests } from '../../support/decode-cases.ts';

decodeTests(decode);
