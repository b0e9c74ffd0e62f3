// Starts the page of records.

import { started } from "../pages/form.js";

started.catch(() => {});
