import type { Metadata } from 'next';
import Image from 'next/image';
import Link from 'next/link';
import photos from '../../../photos.json';

interface Props {
  params: Promise<{ name: string }>;
}

const photoOf = async ({ params }: Props) => {
  const { name } = await params;
  return photos.find((photo) => photo.name === name)!;
};

export const dynamicParams = false;
export const generateStaticParams = () => photos.map(({ name }) => ({ name }));
export const generateMetadata = async (props: Props): Promise<Metadata> => ({
  title: (await photoOf(props)).title,
});

export default async function Photo(props: Props) {
  const { name, title } = await photoOf(props);
  return (
    <>
      <h1>{title}</h1>
      <Image id="photo" src={`/photos/${name}.jpg`} alt={title} width={307} height={173} />
      <h2>Similar</h2>
      <script async type="module" src="/likeness/similar.js" />
      <likeness-similar for="photo" k={6}>
        <Link href="/">All pictures</Link>
      </likeness-similar>
    </>
  );
}
