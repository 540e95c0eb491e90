import Image from 'next/image';
import Link from 'next/link';
import photos from '../../photos.json';

/** An overview: of a picture, its own page counts. */
export default function Home() {
  return (
    <>
      <h1>Greengrocer</h1>
      <ul data-likeness-ignore="">
        {photos.map(({ name, title }) => (
          <li key={name}>
            <Link href={`/${name}`}>
              <Image src={`/photos/${name}.jpg`} alt={title} width={307} height={173} />
            </Link>
          </li>
        ))}
      </ul>
    </>
  );
}
