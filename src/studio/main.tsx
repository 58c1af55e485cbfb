// The page's entry: one React root, one theme, and the device opened at once so that its state is known everywhere.
import './theme/mantine.css';
import './theme/tokens.css';
import { MantineProvider } from '@mantine/core';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './App.tsx';
import { refuseStrayFiles } from './panels/refuseStrayFiles.ts';
import { openStudio } from './stores/openStudio.ts';
import { mantineTheme } from './theme/mantineTheme.ts';

const root = document.getElementById('root');
if (root === null) throw new Error('index.html: expected an element with id "root"');

refuseStrayFiles();
openStudio();
createRoot(root).render(
  <StrictMode>
    <MantineProvider theme={mantineTheme} defaultColorScheme="auto">
      <App />
    </MantineProvider>
  </StrictMode>,
);
