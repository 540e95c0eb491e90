import { decode } from '../../../src/image/decode.node.ts';
import { avifTests } from '../../support/avif-cases.ts';

avifTests(decode);
