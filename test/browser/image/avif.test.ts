import { decode } from '../../../src/image/decode.browser.ts';
import { avifTests } from '../../support/avif-cases.ts';

avifTests(decode);
