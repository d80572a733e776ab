"""The IPs as the generator knows them: a file each, under the name of its folder in rtl/."""
