// The behavior of the directory's pages, in order; the assessment has scripts of its own beside it. Browsers follow the
// imports in development; in production they are set in here.
import "./search.js";
import "./history.js";
import "./calculator.js";
