import { defineConfig } from 'vite';

// Paths are relative, so that the page also works below a proxy's prefix. Nothing is inlined into
// index.html: the server sends it with a content security policy that refuses inline scripts.
// The default export is what the tool asks for; our own modules have none.
export default defineConfig({
  base: './',
  esbuild: { jsx: 'automatic', jsxImportSource: 'preact' },
  build: { target: 'es2022', modulePreload: false, chunkSizeWarningLimit: 400 },
});
