import type { Metadata } from 'next';
import Link from 'next/link';
import type { ReactNode } from 'react';
import './style.css';

export const metadata: Metadata = { title: 'Greengrocer', icons: 'data:,' };

export default function Layout({ children }: { children: ReactNode }) {
  return (
    <html lang="en">
      <body>
        <nav>
          <Link href="/">Greengrocer</Link> <Link href="/search">Search with a photo</Link>
        </nav>
        {children}
      </body>
    </html>
  );
}
