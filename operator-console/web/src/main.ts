import "@fontsource/b612/latin-400.css";
import "@fontsource/b612/latin-700.css";
import "./theme/theme.css";
import { mount } from "svelte";
import App from "./App.svelte";

const target = document.getElementById("app");
if (target) mount(App, { target });
