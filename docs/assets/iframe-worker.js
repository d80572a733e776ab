// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors
//
// Pages that are opened as files may start no workers. A hidden frame then does what the worker of the search would do.
if (location.protocol === "file:") {
  class IFrameWorker extends EventTarget {
    constructor(url) {
      super();
      const frame = document.createElement("iframe");
      frame.hidden = true;
      frame.title = "search";
      document.body.appendChild(frame);
      frame.answer = (data) => {
        const event = new MessageEvent("message", { data });
        this.dispatchEvent(event);
        if (this.onmessage) this.onmessage(event);
      };
      this.ready = new Promise((resolve) => { frame.addEventListener("load", resolve); });
      this.inside = frame.contentWindow;
      this.inside.document.open();
      this.inside.document.write(
        "<script>postMessage = (data) => frameElement.answer(data);</" + "script><script src=\"" + url + "\"></" + "script>");
      this.inside.document.close();
    }

    postMessage(data) {
      this.ready.then(() => this.inside.dispatchEvent(new MessageEvent("message", { data })));
    }

    terminate() {
      this.inside.frameElement.remove();
    }
  }
  window.IFrameWorker = IFrameWorker;
  window.Worker = IFrameWorker;
}
