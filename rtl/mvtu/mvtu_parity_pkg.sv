// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

/// Running parities of the synapses of a processing element (mvtu_parities), as finn_rtl.ips.parities has them.
package mvtu_parity_pkg;

  /// Bits that weigh two, of so many synapses: of all but the first of a run one for every two.
  function automatic int carries(input int synapses, input int run);
    carries = synapses / run * ((run - 1) / 2) + ((synapses % run > 0) ? (synapses % run - 1) / 2 : 0);
  endfunction

  /// Lanes whose bit is a parity.
  function automatic logic [4095:0] places(input int synapses, input int run);
    int i;
    places = '0;
    for (i = 0; i < synapses; i = i + 1) begin
      if (i % run > 0 && i % run % 2 == 0) places[i] = 1'b1;
    end
  endfunction

endpackage
