/** Stands for @grafana/assistant, a button that only Grafana itself can show. */
export const OpenAssistantButton = () => null;
