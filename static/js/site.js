// Every behavior of the site's pages in order. Browsers follow the imports in development; in production they are set in
// here. What belongs to one page alone has a file of its own.
import "./search.js";
import "./history.js";
import "./calculator.js";
