'use client';
import { useEffect } from 'react';
import { nearest } from '../../../lib/vectors.js';

export default function Page() {
  useEffect(() => {
    globalThis.nearest = nearest;
  }, []);
  return <h1>Vectors</h1>;
}
