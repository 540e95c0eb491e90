import { findSimilar } from '../../../lib/pictures.js';

export async function GET({ url: { searchParams } }) {
  return Response.json(await findSimilar(searchParams.get('base'), searchParams.getAll('name'), {}));
}
