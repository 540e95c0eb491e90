import { findSimilar } from '../../../lib/pictures.js';

export async function GET({ nextUrl: { searchParams } }) {
  return Response.json(await findSimilar(searchParams.get('base'), searchParams.getAll('name'), {}));
}
