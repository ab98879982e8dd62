import { createHash } from 'node:crypto';
import { defineConfig, type Plugin } from 'vite';

// The page that is kept in one file (docs/formats/kept-page.md): script and style stand in it, and a policy that lets
// nothing else run and nothing be loaded. A file has no server that could send the policy, so it is a meta element.
const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

function oneFile(): Plugin {
  return {
    name: 'one-file',
    enforce: 'post',
    // After vite's own, which finishes the code of what is imported late.
    generateBundle: {
      order: 'post',
      handler(_, bundle) {
        let script = '';
        let style = '';
        let page = '';
        for (const [name, file] of Object.entries(bundle)) {
          if (file.type === 'chunk') script += file.code;
          else if (name.endsWith('.css')) style += String(file.source);
          else if (name === 'kept.html') page = String(file.source);
          else throw new Error(`${name} cannot stand in one file`);
          delete bundle[name];
        }
        // Within an element these would end it.
        script = script.replaceAll('</script', '<\\/script').replaceAll('<!--', '<\\!--');
        if (style.includes('</style')) throw new Error('the style would end its element');
        const policy = [
          "default-src 'none'",
          `script-src ${hashOf(script)}`,
          `style-src ${hashOf(style)}`,
          'img-src data: blob:',
          "base-uri 'none'",
          "form-action 'none'",
        ].join('; ');
        page = page
          .replace(/\s*<script type="module"[^>]*><\/script>/, '')
          .replace(/\s*<link rel="stylesheet"[^>]*>/, '')
          .replace('<meta charset="utf-8" />', (meta) => `${meta}\n    <meta http-equiv="Content-Security-Policy" content="${policy}" />`)
          .replace('</head>', () => `<style>${style}</style>\n  </head>`)
          .replace('</body>', () => `<script type="module">${script}</script>\n  </body>`);
        this.emitFile({ type: 'asset', fileName: 'kept.html', source: page });
      },
    },
  };
}

export default defineConfig({
  base: './',
  esbuild: { jsx: 'automatic', jsxImportSource: 'preact' },
  build: {
    target: 'es2022',
    modulePreload: false,
    // Beside what the server's page was built to.
    emptyOutDir: false,
    cssCodeSplit: false,
    rollupOptions: { input: 'kept.html', output: { inlineDynamicImports: true } },
  },
  plugins: [oneFile()],
});
