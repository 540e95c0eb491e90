import { avifTests } from '../../support/avif-cases.ts';
import { decode } from '../../support/browser-decode.ts';

avifTests(decode);
