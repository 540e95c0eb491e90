'use client';
import { useEffect } from 'react';
import { findSimilar } from '../../lib/pictures.js';

export default function Page() {
  useEffect(() => {
    globalThis.findSimilar = findSimilar;
  }, []);
  return <h1>Pictures</h1>;
}
